package dev.holdfast.control.db;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of a list's query: what is asked for, and which part. Conditions that nobody asks for are left out, so that the
 * database can use its indexes for the others.
 */
final class Conditions {
    private final StringBuilder sql = new StringBuilder();
    private final List<@Nullable Object> arguments = new ArrayList<>();

    /** Texts and lists of names that are empty, and numbers that are null, are not asked for. */
    Conditions where(String condition, @Nullable Object asked) {
        return asked == null || asked.equals("") ? this : and(condition, asked);
    }

    Conditions and(String condition, Object... asked) {
        sql.append(sql.isEmpty() ? " WHERE " : " AND ").append(condition);
        arguments.addAll(List.of(asked));
        return this;
    }

    /** Texts in one of these columns, whatever the case of ASCII letters. */
    Conditions contain(String text, String... columns) {
        if (!text.isEmpty()) {
            List<String> places = new ArrayList<>();
            for (String column : columns) {
                places.add("instr(lower(" + column + "), lower(?)) > 0");
                arguments.add(text);
            }
            sql.append(sql.isEmpty() ? " WHERE (" : " AND (")
                    .append(String.join(" OR ", places))
                    .append(')');
        }
        return this;
    }

    /** @param id the column of the numbers */
    Conditions part(String id, Part part) {
        and(id + (part.oldest() ? " > ?" : " < ?"), part.beyond());
        sql.append(" ORDER BY ").append(id).append(part.oldest() ? "" : " DESC").append(" LIMIT ?");
        arguments.add(part.limit());
        return this;
    }

    String sql() {
        return sql.toString();
    }

    @Nullable
    Object[] arguments() {
        return arguments.toArray();
    }
}
