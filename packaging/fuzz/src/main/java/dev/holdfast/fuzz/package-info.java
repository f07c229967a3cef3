/** One fuzz target for each parser; run by packaging/fuzz/run with Jazzer, for seconds in CI and for hours by hand. */
package dev.holdfast.fuzz;
