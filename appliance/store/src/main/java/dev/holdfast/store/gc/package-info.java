/**
 * Gives back the room of chunks that no snapshot refers to, and reckons how much room each node and snapshot takes.
 *
 * <p>{@link dev.holdfast.store.gc.GarbageCollector} keeps the order of the steps: {@code References} and {@code
 * LiveSet} mark, {@code Census} counts what is alive in each container, {@code Candidates} picks those that go, {@code
 * Evacuation} copies what is alive out of them, and {@code CondemnedContainers} deletes them once no session relies on
 * them.
 *
 * <p>Uses the packages below it: {@code snapshot} for what is referred to, {@code restore} to read pages, {@code
 * ingest} for numbers and room of containers, {@code lease}, {@code index} and {@code container}. Called by the control
 * layer's maintenance, through the store.
 */
package dev.holdfast.store.gc;
