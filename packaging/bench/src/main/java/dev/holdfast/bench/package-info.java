/** Measurements, each with a main of its own; started by packaging/bench/run. */
package dev.holdfast.bench;
