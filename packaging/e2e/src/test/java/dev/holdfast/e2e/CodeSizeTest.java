package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** What is too long to be read at once is split: files of production code with their classes, and methods. */
class CodeSizeTest {
    private static final int FILE_LINES = 450;
    private static final int METHOD_LINES = 60;

    @Test
    void noClassAndNoMethodIsTooLong() throws Exception {
        List<Path> sources = MainSources.files();
        assertThat(sources).hasSizeGreaterThan(50);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<String> tooLong = new ArrayList<>();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null,
                    files,
                    diagnostic -> {},
                    List.of("-proc:none"),
                    null,
                    files.getJavaFileObjectsFromPaths(sources));
            SourcePositions positions = Trees.instance(task).getSourcePositions();
            for (CompilationUnitTree unit : task.parse()) {
                new Lengths(unit, positions, tooLong).check();
            }
        }
        assertThat(tooLong).isEmpty();
    }

    private static final class Lengths extends TreePathScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final LineMap lines;
        private final Path file;
        private final List<String> tooLong;

        Lengths(CompilationUnitTree unit, SourcePositions positions, List<String> tooLong) {
            this.unit = unit;
            this.positions = positions;
            this.lines = unit.getLineMap();
            this.file = Path.of(unit.getSourceFile().getName()).getFileName();
            this.tooLong = tooLong;
        }

        void check() {
            long length = unit.getTypeDecls().stream()
                    .mapToLong(type -> lines.getLineNumber(positions.getEndPosition(unit, type)))
                    .max()
                    .orElse(0);
            if (length > FILE_LINES) {
                tooLong.add(file + " has " + length + " lines; " + FILE_LINES + " are allowed");
            }
            scan(unit, null);
        }

        @Override
        public Void visitMethod(MethodTree method, Void unused) {
            long length = lines(method);
            if (length > METHOD_LINES) {
                tooLong.add(file + ", method " + method.getName() + ", has " + length + " lines; " + METHOD_LINES
                        + " are allowed");
            }
            return super.visitMethod(method, unused);
        }

        private long lines(Tree tree) {
            // A constructor that the compiler adds has no end.
            long end = positions.getEndPosition(unit, tree);
            return end < 0
                    ? 0
                    : lines.getLineNumber(end) - lines.getLineNumber(positions.getStartPosition(unit, tree)) + 1;
        }
    }
}
