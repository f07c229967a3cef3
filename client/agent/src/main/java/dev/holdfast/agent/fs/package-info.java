/**
 * The file system: directories and files through open handles, names as bytes, no symlink followed unless asked for.
 *
 * <p>{@link dev.holdfast.agent.fs.Platform} chooses the implementation: calls to libc on Linux, java.nio elsewhere. Only this package
 * calls native functions of the operating system. Uses nothing else of the agent; {@code scan}, {@code backup}, {@code restore} and
 * {@code compare} build on it.
 */
package dev.holdfast.agent.fs;
