//go:build !amd64

package tensor

func pairs(int, int, pointer, pointer, int, int, int, int, int) { panic("tensor: no such instruction") }

func transpose(int, pointer, pointer, int, int) { panic("tensor: no such instruction") }
