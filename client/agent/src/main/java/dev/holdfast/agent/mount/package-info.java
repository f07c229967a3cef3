/**
 * Snapshots as a read-only file system of the kernel's FUSE: {@link dev.holdfast.agent.mount.Mount} answers the kernel's requests out
 * of {@link dev.holdfast.agent.mount.MountedTree}. Numbers of inodes are places in the manifest, so that nothing is kept for what
 * the kernel knows, however much that is.
 *
 * <p>Uses {@code remote} and {@code fs}. Called by {@code cli}.
 */
package dev.holdfast.agent.mount;
