package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** What a command says and ends with where it fails: the one table of exceptions and exit codes. */
final class Failure {
    private Failure() {}

    /** What was named is not there. */
    static final class NotFoundException extends IOException {
        NotFoundException(String message) {
            super(message);
        }
    }

    /** Another process uses the data directory. */
    static final class InUseException extends IOException {
        InUseException(String message) {
            super(message);
        }
    }

    /** What was asked is wrong. */
    static final class UsageException extends IOException {
        UsageException(String message) {
            super(message);
        }
    }

    /** Something forbids it, and nothing was changed. */
    static final class RefusedException extends IOException {
        RefusedException(String message) {
            super(message);
        }
    }

    static int code(Exception e) {
        return switch (e) {
            case DataDirectory.InUseException _, InUseException _ -> ExitCode.IN_USE;
            case NotFoundException _ -> ExitCode.NOT_FOUND;
            case UsageException _ -> ExitCode.USAGE;
            case RefusedException _ -> ExitCode.REFUSED;
            case UseCaseException refused -> code(refused.reason());
            case FormatException format ->
                switch (format.problem()) {
                    case CORRUPT -> ExitCode.DAMAGED;
                    case TOO_NEW, TOO_OLD -> ExitCode.FAILED;
                };
            case IOException _ -> ExitCode.FAILED;
            case IllegalArgumentException _ -> ExitCode.USAGE;
            default -> ExitCode.FAILED;
        };
    }

    private static int code(UseCaseException.Reason reason) {
        return switch (reason) {
            case INVALID -> ExitCode.USAGE;
            case NOT_FOUND, UNCHANGED -> ExitCode.NOT_FOUND;
            case FORBIDDEN, CONFLICT, FROZEN -> ExitCode.REFUSED;
            case DAMAGED -> ExitCode.DAMAGED;
            case IN_USE -> ExitCode.IN_USE;
            case NOT_RUNNING, UNAVAILABLE -> ExitCode.FAILED;
        };
    }

    /** With the name of what it is about, which exceptions of the file system give without words. */
    static String message(Exception e) {
        return switch (e) {
            case NoSuchFileException missing when missing.getReason() == null -> missing.getFile() + " does not exist";
            case AccessDeniedException denied
            when denied.getReason() == null ->
                denied.getFile() + ": permission denied for user " + System.getProperty("user.name");
            case FileAlreadyExistsException there when there.getReason() == null -> there.getFile() + " exists already";
            case NotDirectoryException no when no.getReason() == null -> no.getFile() + " is not a directory";
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }
}
