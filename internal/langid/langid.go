// Package langid holds what the language stage and the trainer of its model
// share: the classes of letters, the n-grams of a text, the split of the
// sentences and the model file. Start with [Decode] and [Group.Score]. Which
// group to ask, and what follows from the script alone, the language package
// decides.
package langid
