package dev.holdfast.protocol.text;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What commands print to: everything that is printed is rendered by {@link ForeignText}, line feeds within it too, so that no
 * command can forget. A line ends where {@code println} or {@code %n} in a format ends it. A format must be the program's own
 * text. Only {@link #write} takes text as it is: for JSON that {@link ForeignText#inJson} has seen.
 */
@SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency of both sides
public final class RenderedWriter extends PrintWriter {
    /** @param out flushed with every line; closed by closing this */
    public RenderedWriter(Writer out) {
        super(out, true);
    }

    @Override
    public void print(@Nullable String text) {
        write(ForeignText.render(text));
    }

    @Override
    public void print(@Nullable Object value) {
        print(String.valueOf(value));
    }

    @Override
    public void print(char character) {
        print(String.valueOf(character));
    }

    @Override
    public void print(char[] text) {
        print(new String(text));
    }

    @Override
    public RenderedWriter format(String form, @Nullable Object... values) {
        return format(Locale.getDefault(Locale.Category.FORMAT), form, values);
    }

    @Override
    public RenderedWriter format(@Nullable Locale locale, String form, @Nullable Object... values) {
        @Nullable Object[] rendered = new Object[values.length];
        for (int i = 0; i < values.length; i++) {
            rendered[i] = rendered(values[i]);
        }
        write(String.format(locale, form, rendered));
        flush();
        return this;
    }

    private static @Nullable Object rendered(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Number number -> number;
            case Boolean truth -> truth;
            case Character character when !ForeignText.hidden(character) -> character;
            case Character _ -> '\uFFFD';
            default -> ForeignText.render(value);
        };
    }

    @Override
    public RenderedWriter append(@Nullable CharSequence text) {
        print(String.valueOf(text));
        return this;
    }

    @Override
    public RenderedWriter append(@Nullable CharSequence text, int start, int end) {
        print(String.valueOf(text).substring(start, end));
        return this;
    }

    @Override
    public RenderedWriter append(char character) {
        print(character);
        return this;
    }
}
