//go:build !amd64

package tensor

func attends() attendKernels                                                     { return attendKernels{} }
func attendFetch(int, pointer, int)                                              { panic(absent) }
func attendSet(pointer, pointer, int, pointer, pointer)                          { panic(absent) }
func attendShared2(int, int, int, pointer, pointer, int, pointer, int, int, int) { panic(absent) }
func attendShared3(int, int, int, pointer, pointer, int, pointer, int, int, int) { panic(absent) }
func attendShared4(int, int, int, pointer, pointer, int, pointer, int, int, int) { panic(absent) }
