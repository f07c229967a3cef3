package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.ImportOrderer;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every source file is formatted by palantir-java-format, so that no diff is about blanks. A test rather than a Maven
 * plugin, since the formatter needs the parser of JDK 25 and Maven may run on 17. {@code mvn -q verify -pl packaging/e2e
 * -am -Dtest=FormattingTest -Dformat.fix=true -Dsurefire.failIfNoSpecifiedTests=false} rewrites the files.
 */
class FormattingTest {
    @Test
    void sourcesAreFormatted() throws Exception {
        Formatter formatter = Formatter.createFormatter(JavaFormatterOptions.builder()
                .style(JavaFormatterOptions.Style.PALANTIR)
                .formatJavadoc(false)
                .build());
        List<Path> wrong = new ArrayList<>();
        int checked = 0;
        for (Path file : sources()) {
            String source = Files.readString(file);
            String formatted = formatter.formatSource(ImportOrderer.reorderImports(
                    RemoveUnusedImports.removeUnusedImports(source), JavaFormatterOptions.Style.PALANTIR));
            checked++;
            if (!source.equals(formatted)) {
                if (Boolean.getBoolean("format.fix")) {
                    Files.writeString(file, formatted);
                } else {
                    wrong.add(file);
                }
            }
        }
        assertThat(checked).isGreaterThan(50);
        assertThat(wrong).isEmpty();
    }

    private static List<Path> sources() throws IOException {
        Path root = Path.of(System.getProperty("holdfast.root"));
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.toString().contains("/target/"))
                    .toList();
        }
    }
}
