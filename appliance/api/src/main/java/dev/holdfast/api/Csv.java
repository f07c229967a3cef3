package dev.holdfast.api;

import dev.holdfast.control.calendar.Moments;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A list as CSV (RFC 4180) for spreadsheets, in UTF-8 with a byte order mark, since they take it for another encoding
 * otherwise. Names come from other machines: a text that a spreadsheet would take for a formula begins with an apostrophe, and
 * characters that hide are shown as escapes.
 */
final class Csv {
    private static final String MARK = "\uFEFF";
    /** Also in the width that is common in Chinese text. */
    private static final String FORMULA = "=+-@\uFF1D\uFF0B\uFF0D\uFF20";

    private final Call call;
    private final Connections connections;
    private final String what;
    private final List<String> titles;
    private @Nullable OutputStream out;

    private Csv(Call call, Connections connections, String what, List<String> titles) {
        this.call = call;
        this.connections = connections;
        this.what = what;
        this.titles = titles;
    }

    /** Writes the rows. */
    interface Rows {
        void write(Csv csv) throws IOException;
    }

    /**
     * Answers with a file. It begins with the first row, so that what is refused before is a problem.
     *
     * @param what is in the list, for the name of the file
     */
    static Object stream(Call call, Connections connections, String what, List<String> titles, Rows rows)
            throws IOException {
        Csv csv = new Csv(call, connections, what, titles);
        rows.write(csv);
        csv.begun().close();
        return Route.STREAMED;
    }

    private OutputStream begun() throws IOException {
        OutputStream begun = out;
        if (begun == null) {
            call.context().contentType("text/csv; charset=utf-8");
            call.context()
                    .header(
                            "Content-Disposition",
                            "attachment; filename=\"holdfast-" + what + "-" + LocalDate.now(ZoneOffset.UTC) + ".csv\"");
            begun = connections.paced(call.context(), call.context().outputStream());
            out = begun;
            begun.write((MARK + line(titles.toArray())).getBytes(StandardCharsets.UTF_8));
        }
        return begun;
    }

    void row(@Nullable Object... cells) throws IOException {
        begun().write(line(cells).getBytes(StandardCharsets.UTF_8));
    }

    static String line(@Nullable Object... cells) {
        return Arrays.stream(cells).map(Csv::cell).collect(Collectors.joining(",", "", "\r\n"));
    }

    private static String cell(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case Number number -> number.toString();
            case Instant moment -> Moments.text(moment);
            default -> quoted(ForeignText.render(value));
        };
    }

    private static String quoted(String text) {
        String safe = !text.isEmpty() && FORMULA.indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
        return safe.indexOf(',') < 0 && safe.indexOf('"') < 0 ? safe : "\"" + safe.replace("\"", "\"\"") + "\"";
    }
}
