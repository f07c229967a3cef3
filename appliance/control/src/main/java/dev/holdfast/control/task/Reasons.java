package dev.holdfast.control.task;

import com.fasterxml.jackson.core.JacksonException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.Phrased;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why something failed, in words: exceptions of the file system name a file only, and others nothing, or a class. */
final class Reasons {
    private Reasons() {}

    static Phrase of(Exception e) {
        return switch (e) {
            case Phrased phrased -> phrased.phrase();
            case NoSuchFileException missing
            when missing.getReason() == null -> Phrase.of("task.file-missing").with("file", missing.getFile());
            case AccessDeniedException denied
            when denied.getReason() == null -> Phrase.of("task.file-denied").with("file", denied.getFile());
            case FileAlreadyExistsException there
            when there.getReason() == null -> Phrase.of("task.file-exists").with("file", there.getFile());
            case NotDirectoryException no
            when no.getReason() == null -> Phrase.of("task.no-directory").with("file", no.getFile());
            case JacksonException _ -> Phrase.of("task.unreadable");
            case IOException failed when failed.getMessage() != null -> Phrase.plain(failed.getMessage());
            case IllegalArgumentException wrong when wrong.getMessage() != null -> Phrase.plain(wrong.getMessage());
            default -> Phrase.of("task.appliance-failed");
        };
    }
}
