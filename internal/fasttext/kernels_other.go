//go:build !amd64

package fasttext

func gather(x, data []float32, rows []int32) { gatherGo(x, data, rows) }

func scatter(x, data []float32, rows []int32) { scatterGo(x, data, rows) }

func learn(w, hidden, grad []float32, a float32) { learnGo(w, hidden, grad, a) }

func nearest(x, columns []float32) byte { return nearestGo(x, columns) }
