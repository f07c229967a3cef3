/**
 * Source snapshots: of the file systems and volumes that a backup reads, so that all of it is of one moment. They exist while the
 * backup runs, and what a backup that was killed left is removed by the next one.
 */
package dev.holdfast.agent.consistent;
