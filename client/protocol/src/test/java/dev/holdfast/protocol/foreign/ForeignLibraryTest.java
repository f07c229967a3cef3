package dev.holdfast.protocol.foreign;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ForeignLibraryTest {
    private static final String PROPERTY = "holdfast.test.library";

    @AfterEach
    void clear() {
        System.clearProperty(PROPERTY);
    }

    /** Keeps what is logged. */
    private static final class Kept implements System.Logger {
        private final List<String> lines = new ArrayList<>();

        @Override
        public String getName() {
            return "kept";
        }

        @Override
        public boolean isLoggable(Level level) {
            return true;
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String message, @Nullable Throwable thrown) {
            lines.add(level + " " + message);
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String format, @Nullable Object... parameters) {
            lines.add(level + " " + format);
        }
    }

    @Test
    @EnabledOnOs(
            value = OS.LINUX,
            architectures = {"amd64", "aarch64"})
    void missingLibraryIsAWarningThatSaysWhatToDo() {
        Kept kept = new Kept();
        ForeignLibrary.tellMissing(kept, "libx.so.0", "x takes longer");
        assertThat(kept.lines)
                .containsExactly("WARNING x takes longer, since this installation has no libx.so.0 that works; build"
                        + " Holdfast where a C compiler is installed (README.md, \"Quick start\")");
    }

    @Test
    void onlyPlatformsWithLibrariesMissThem() {
        assertThat(ForeignLibrary.usual("Linux", "amd64")).isTrue();
        assertThat(ForeignLibrary.usual("Linux", "aarch64")).isTrue();
        assertThat(ForeignLibrary.usual("Linux", "riscv64")).isFalse();
        assertThat(ForeignLibrary.usual("Mac OS X", "aarch64")).isFalse();
    }

    @Test
    void userMayDeclineALibrary() {
        assertThat(ForeignLibrary.declined(PROPERTY)).isFalse();
        System.setProperty(PROPERTY, "native");
        assertThat(ForeignLibrary.declined(PROPERTY)).isFalse();
        System.setProperty(PROPERTY, "java");
        assertThat(ForeignLibrary.declined(PROPERTY)).isTrue();
    }
}
