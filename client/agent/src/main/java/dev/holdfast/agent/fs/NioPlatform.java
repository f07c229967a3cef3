package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;

/** Any system that Java runs on, with what java.nio.file can tell: names are text, and some attributes are out of reach. */
final class NioPlatform implements Platform {
    @Override
    public Directory openRoot() throws IOException {
        Path root = Path.of("").toAbsolutePath().getRoot();
        return new NioDirectory(root == null ? Path.of("/") : root);
    }

    @Override
    public Directory open(byte[] path) throws IOException {
        Path directory = Path.of(text(path)).toRealPath();
        if (!Files.isDirectory(directory)) {
            throw new NotDirectoryException(directory.toString());
        }
        return new NioDirectory(directory);
    }

    @Override
    public BlockFile openBlocks(Path path, boolean update) throws IOException {
        return new NioBlockFile(path, update);
    }

    @Override
    public byte[] resolve(byte[] path) throws IOException {
        return Path.of(text(path)).toRealPath().toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public List<SourceMount> mounts(List<TreePath> sources, List<TreePath> links) {
        return List.of();
    }

    @Override
    public boolean privileged() {
        return "root".equals(System.getProperty("user.name"));
    }

    @Override
    public boolean owns(Stat file) {
        try {
            return Files.getAttribute(Path.of(System.getProperty("user.home")), "unix:uid")
                    .equals(file.uid());
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public boolean yieldToOthers() {
        return false;
    }

    private static String text(byte[] path) {
        return new String(path, StandardCharsets.UTF_8);
    }
}
