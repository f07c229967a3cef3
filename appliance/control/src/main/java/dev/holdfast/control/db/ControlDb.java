package dev.holdfast.control.db;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.vault.sqlite.Database;
import dev.holdfast.vault.sqlite.Schema;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The control database: nodes, users, policies, plans, tasks and the audit log, each in a table class of its own. Several
 * processes may use it at once: the command line works beside a running appliance. Safe for use by several threads.
 */
public final class ControlDb implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Schema SCHEMA = new Schema(ControlDb.class);

    private final Database database;
    private final InstantSource clock;
    private final Path directory;
    private final SnapshotMarks marks = new SnapshotMarks(this);
    private final AuditLimiter auditLimiter = new AuditLimiter(this, System::nanoTime);

    /** Opens the database, creating or migrating it. */
    public ControlDb(Path file) throws IOException {
        this(file, InstantSource.system());
    }

    /** As {@link #ControlDb(Path)}, for those who bring their own time. */
    public ControlDb(Path file, InstantSource clock) throws IOException {
        this(
                file,
                clock,
                new UpgradeCopies(directory(file).resolve(ControlCopies.DIRECTORY), clock)
                        .before(file, directory(file).resolve("vault")));
    }

    private ControlDb(Path file, InstantSource clock, Schema.BeforeUpgrade before) throws IOException {
        this.clock = clock;
        this.directory = directory(file);
        // SQLite makes an empty database of what is not there. With that, no appliance would take a copy any more.
        ControlCopies.requireNoneLost(file);
        this.database = new Database("control database", file, SCHEMA, "", before);
    }

    /** Opens a copy of a database, which is not copied once more where it is upgraded. */
    static ControlDb ofCopy(Path file, InstantSource clock) throws IOException {
        return new ControlDb(file, clock, Schema.BeforeUpgrade.NOTHING);
    }

    private static Path directory(Path file) {
        return Objects.requireNonNullElse(file.getParent(), Path.of("."));
    }

    /** Which versions of the schema this release knows, and which a database has. */
    public static Schema schema() {
        return SCHEMA;
    }

    /**
     * A command line for people to enter on the appliance.
     *
     * @param words behind {@code holdfast appliance}
     */
    public String command(String... words) {
        return TypedCommand.appliance(directory, words);
    }

    /** Ms since 1970. */
    long now() {
        return clock.millis();
    }

    int update(String sql, @Nullable Object... arguments) throws IOException {
        return database.update(sql, arguments);
    }

    /** Inserts a row and returns its number. */
    long insert(String sql, @Nullable Object... arguments) throws IOException {
        return database.insert(sql, arguments);
    }

    <T> List<T> query(Database.RowReader<T> reader, String sql, @Nullable Object... arguments) throws IOException {
        return database.query(reader, sql, arguments);
    }

    /** The first row of {@link #query}. */
    <T> Optional<T> first(Database.RowReader<T> reader, String sql, @Nullable Object... arguments) throws IOException {
        return database.first(reader, sql, arguments);
    }

    /** As {@link #query}, without waiting for changes; see {@link Database#read}. */
    <T> List<T> read(Database.RowReader<T> reader, String sql, @Nullable Object... arguments) throws IOException {
        return database.read(reader, sql, arguments);
    }

    /** Several changes that are made together or not at all. */
    void inTransaction(Database.Changes changes) throws IOException {
        database.inTransaction(changes);
    }

    /** Names as the JSON that {@code json_each} takes; null for null. */
    static @Nullable String list(@Nullable List<String> names) throws IOException {
        return names == null ? null : JSON.writeValueAsString(names);
    }

    static String hash(String secret) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha.digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** What SQLite finds wrong with the file; empty where it is whole. */
    public List<String> integrityFaults() throws IOException {
        return database.integrityFaults();
    }

    /** A consistent copy of the whole database, as a file that must not exist yet, or be empty. */
    public void copyTo(Path file) throws IOException {
        database.copyTo(file);
    }

    public NodeTable nodes() {
        return new NodeTable(this);
    }

    public NodeLife nodeLife() {
        return new NodeLife(this);
    }

    public NodeTags nodeTags() {
        return new NodeTags(this);
    }

    public NodeCertificates certificates() {
        return new NodeCertificates(this);
    }

    public RestoreAccess restoreAccess() {
        return new RestoreAccess(this);
    }

    public TokenTable tokens() {
        return new TokenTable(this);
    }

    public VaultTable vaults() {
        return new VaultTable(this);
    }

    public Settings settings() {
        return new Settings(this);
    }

    public StatusTable status() {
        return new StatusTable(this);
    }

    public AuditTable audit() {
        return new AuditTable(this);
    }

    /** For what others can cause as often as they like. Counted entries are written when it is flushed, or this is closed. */
    public AuditLimiter auditLimiter() {
        return auditLimiter;
    }

    public TaskTable tasks() {
        return new TaskTable(this);
    }

    public OrderTable orders() {
        return new OrderTable(this);
    }

    public RunTable runs() {
        return new RunTable(this);
    }

    public TaskHistory taskHistory() {
        return new TaskHistory(this);
    }

    public PolicyTable policies() {
        return new PolicyTable(this);
    }

    public UserTable users() {
        return new UserTable(this);
    }

    public RecoveryTable recovery() {
        return new RecoveryTable(this);
    }

    public HistoryTable history() {
        return new HistoryTable(this);
    }

    public UsageTable usage() {
        return new UsageTable(this);
    }

    public DamageTable damage() {
        return new DamageTable(this);
    }

    public BootTable boots() {
        return new BootTable(this);
    }

    public DrillTable drills() {
        return new DrillTable(this);
    }

    public PlanTable plans() {
        return new PlanTable(this);
    }

    public SnapshotMarks marks() {
        return marks;
    }

    public SuspensionTable suspensions() {
        return new SuspensionTable(this);
    }

    public HolderTable holders() {
        return new HolderTable(this);
    }

    public Events events() {
        return new Events(this);
    }

    public AlertGroups alertGroups() {
        return new AlertGroups(this);
    }

    public AlertChannels alertChannels() {
        return new AlertChannels(this);
    }

    /** When this database was made, ms since 1970; a recovery and a replacement by a copy keep it. */
    long madeAt() throws IOException {
        return query(
                        row -> row.getLong(1),
                        "SELECT 1000 * strftime('%s', min(installed_on)) FROM flyway_schema_history")
                .getFirst();
    }

    /** Something that differs where what people decided does: nodes, policies, holds, locks. */
    public String decisions() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String sql : List.of(
                "SELECT id || name || fingerprint || coalesce(revoked_at, 0) || coalesce(retired_at, 0) FROM node ORDER BY id",
                "SELECT node_id || fingerprint FROM node_certificate ORDER BY fingerprint",
                "SELECT node_id || tag FROM node_tag ORDER BY node_id, tag",
                "SELECT hash FROM token WHERE revoked_at IS NOT NULL ORDER BY hash",
                "SELECT name || settings FROM policy ORDER BY name",
                "SELECT node_id || policy FROM policy_node ORDER BY node_id",
                "SELECT name || settings || paused || paused_until FROM plan ORDER BY name",
                "SELECT node_id || plan FROM plan_node ORDER BY node_id, plan",
                "SELECT name || password || role || all_nodes || nodes || coalesce(hex(totp), '-') || disabled FROM user ORDER BY name",
                "SELECT id || user || permissions FROM api_token ORDER BY id",
                "SELECT id || coalesce(hold, '-') || locked_until || compliance FROM snapshot_mark ORDER BY id")) {
            lines.addAll(query(row -> row.getString(1), sql));
            lines.add("");
        }
        return hash(String.join("\n", lines));
    }

    @Override
    public void close() throws IOException {
        try {
            // Before the database's lock: the limiter's comes first.
            auditLimiter.close();
        } finally {
            database.close();
        }
    }
}
