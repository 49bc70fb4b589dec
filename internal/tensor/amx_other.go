//go:build !amd64

package tensor

func tiles(int, int, int, int, pointer, int, pointer, pointer, int, int)  { panic(absent) }
func decodeTiles(int, int, int, int, pointer, pointer, int, pointer, int) { panic(absent) }
