//go:build !amd64

package tensor

func pairs(int, pointer, pointer, int, int, int) { panic("tensor: no such instruction") }

func transpose(int, pointer, pointer, int, int) { panic("tensor: no such instruction") }
