//go:build !amd64

package tensor

func attendKeys4(int, int, pointer, int, pointer, int, pointer, pointer, int)        {}
func attendKeys2(int, int, pointer, int, pointer, int, pointer, pointer, int)        {}
func attendValues4(int, int, pointer, int, pointer, int, int, pointer, int, pointer) {}
func attendFetch(int, pointer, int)                                                  {}
func attendSet(pointer, pointer, int, pointer, pointer)                              {}
