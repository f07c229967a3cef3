package dev.holdfast.vault.file;

import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Locale;

/** Says what went wrong in a vault's directory in the words of this product; see {@code OssFailures}. */
final class FileFailures {
    private final String url;
    private final Path root;

    FileFailures(String url, Path root) {
        this.url = url;
        this.root = root;
    }

    /** @param operation with its object, as in "storing c/00" */
    IOException translated(String operation, IOException e) {
        if (e instanceof InterruptedIOException) {
            return e;
        }
        if (e instanceof ObjectStoreException own) {
            // Those of the store itself name the object alone.
            return own.getMessage() != null && own.getMessage().startsWith(url)
                    ? own
                    : new ObjectStoreException(
                            own.kind(), url + ": " + operation + " failed: " + own.getMessage(), own);
        }
        String said = String.valueOf(e instanceof FileSystemException file ? file.getReason() : e.getMessage())
                .toLowerCase(Locale.ROOT);
        if (e instanceof AccessDeniedException
                || said.contains("permission denied")
                || said.contains("not permitted")) {
            return told(
                    operation,
                    Kind.DENIED,
                    "user " + System.getProperty("user.name") + " may not do this",
                    "check the owner and the mode of " + root,
                    e);
        }
        if (said.contains("no space left")) {
            return told(operation, Kind.REFUSED, "its file system is full", "make room there", e);
        }
        if (said.contains("quota")) {
            return told(operation, Kind.REFUSED, "its quota is used up", "make room there, or raise the quota", e);
        }
        if (said.contains("read-only")) {
            return told(
                    operation, Kind.REFUSED, "its file system is read-only", "look why, and mount it for writing", e);
        }
        if (e instanceof NoSuchFileException
                || e instanceof NotDirectoryException
                || e instanceof FileNotFoundException) {
            return told(
                    operation,
                    Kind.REFUSED,
                    "the directory " + root + " is not there, or not as it was",
                    "look whether it is mounted",
                    e);
        }
        if (said.contains("stale") || said.contains("not connected") || said.contains("host is down")) {
            return told(operation, Kind.TRANSIENT, "the mount of " + root + " is broken", "mount it again", e);
        }
        return told(
                operation,
                Kind.TRANSIENT,
                "the file system of " + root + " does not work",
                "check the system's log, and the disk or the server behind it",
                e);
    }

    ObjectStoreException told(String operation, Kind kind, String cause, String next, IOException e) {
        return new ObjectStoreException(kind, url + ": " + operation + " failed: " + cause + "; " + next, e);
    }
}
