//go:build race

package train

// raceEnabled: the race detector multiplies memory and time.
const raceEnabled = true
