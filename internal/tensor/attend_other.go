//go:build !amd64

package tensor

func attendKeys512(int, int, int, pointer, pointer, pointer)        {}
func attendValues512(int, int, int, int, pointer, pointer, pointer) {}
