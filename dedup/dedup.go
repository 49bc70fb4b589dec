// Package dedup finds what a corpus holds more than once: addresses, texts,
// lines and near-duplicates.
package dedup
