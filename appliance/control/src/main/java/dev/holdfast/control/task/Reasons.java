package dev.holdfast.control.task;

import com.fasterxml.jackson.core.JacksonException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why something failed, in words: exceptions of the file system name a file only, and others nothing, or a class. */
final class Reasons {
    private Reasons() {}

    static String of(Exception e) {
        return switch (e) {
            case NoSuchFileException missing when missing.getReason() == null -> missing.getFile() + " does not exist";
            case AccessDeniedException denied
            when denied.getReason() == null -> denied.getFile() + ": permission denied";
            case FileAlreadyExistsException there when there.getReason() == null -> there.getFile() + " exists already";
            case NotDirectoryException no when no.getReason() == null -> no.getFile() + " is not a directory";
            case JacksonException _ -> "what it was told, or what it found, cannot be read or written";
            case IOException failed when failed.getMessage() != null -> failed.getMessage();
            case IllegalArgumentException wrong when wrong.getMessage() != null -> wrong.getMessage();
            default -> "the appliance failed, which is an error in it; its log says more";
        };
    }
}
