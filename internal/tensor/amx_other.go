//go:build !amd64

package tensor

func tiles(int, *tileCall)                                                { panic(absent) }
func decodeTiles(int, int, int, int, pointer, pointer, int, pointer, int) { panic(absent) }
func packTileRows(*View, int, int, pointer, int, int)                     { panic(absent) }
func flushTiles(*tileCall)                                                { panic(absent) }
func weightTiles(*tileCall)                                               { panic(absent) }
