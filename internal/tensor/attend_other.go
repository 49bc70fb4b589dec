//go:build !amd64

package tensor

func attends() attendKernels                                                     { return attendKernels{} }
func attendFetch(int, pointer, int)                                              {}
func attendSet(pointer, pointer, int, pointer, pointer)                          {}
func attendShared2(int, int, int, pointer, pointer, int, pointer, int, int, int) {}
func attendShared3(int, int, int, pointer, pointer, int, pointer, int, int, int) {}
func attendShared4(int, int, int, pointer, pointer, int, pointer, int, int, int) {}
