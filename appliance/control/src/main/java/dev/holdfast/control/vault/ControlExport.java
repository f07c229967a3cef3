package dev.holdfast.control.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * An appliance's control data as they go into a vault: a ZIP with {@code appliance.json}, {@code profile.json} where there
 * is one, {@code keys/ca.crt}, {@code keys/ca.key.sealed} and {@code control.db}. Vaults are in it without their
 * credentials: who recovers has some.
 */
public final class ControlExport {
    private static final List<String> FILES =
            List.of("appliance.json", "profile.json", "keys/ca.crt", "keys/ca.key.sealed");
    private static final String DATABASE = "control.db";
    private static final int MAX_BYTES = 1 << 30;

    private ControlExport() {}

    /**
     * One at a time: the copy of the database has a place of its own.
     *
     * @param data the data directory
     */
    public static synchronized byte[] write(Path data, ControlDb control) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            for (String name : FILES) {
                Path file = data.resolve(name);
                if (Files.exists(file)) {
                    add(zip, name, Files.readAllBytes(file));
                }
            }
            Path copy = data.resolve("control.export");
            Files.deleteIfExists(copy);
            try {
                // SQLite takes an empty file as it is: nobody else may read it.
                Files.createFile(
                        copy, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                control.copyTo(copy);
                try (ControlDb copied = new ControlDb(copy)) {
                    for (VaultRow vault : copied.vaults().list()) {
                        copied.vaults().put(vault.name(), vault.settings(), null);
                        copied.vaults().requestEviction(vault.name(), 0);
                    }
                }
                add(zip, DATABASE, Files.readAllBytes(copy));
            } finally {
                for (String suffix : List.of("", "-wal", "-shm")) {
                    Files.deleteIfExists(data.resolve("control.export" + suffix));
                }
            }
        }
        return out.toByteArray();
    }

    private static void add(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        // The same data give the same bytes.
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }

    /** The files of an export, by name. */
    public static Map<String, byte[]> read(byte[] export) throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(export))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                // Authenticated, but a newer release may have put in more: only what is known is taken.
                if (FILES.contains(entry.getName()) || entry.getName().equals(DATABASE)) {
                    files.put(entry.getName(), zip.readNBytes(MAX_BYTES));
                }
            }
        }
        if (!files.containsKey(DATABASE) || !files.containsKey("appliance.json")) {
            throw new IOException("the vault's control data are incomplete: " + files.keySet());
        }
        return files;
    }
}
