// Package plan answers what training a language model costs on the chips one
// can get: days, money, energy, failures and the parallel layout that gives
// them. Start with [Make] for one question, [Search] for layouts and
// [PredictRuns] or [PredictSteps] for tables of published runs.
//
// The package is arithmetic: it reads tables and flags, touches no accelerator
// and gives the same answer for the same question. It does not start training.
// Formulas are those of the papers named at each function; the few constants
// that were fitted to published measurements are in coefficients.go, with the
// command that refits and cross-validates them.
package plan
