package dev.holdfast.protocol.phrase;

import dev.holdfast.protocol.cli.ByteText;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The templates of a language. A place for a parameter is <code>{{name}}</code>, or <code>{{name, format}}</code> with the format
 * {@code bytes}, {@code time}, {@code day}, {@code phrase} or {@code phrases}: the syntax of i18next, with which the console reads
 * the same file. The singular of a template with {@code count} has its code and {@code _one}.
 */
final class Catalogue {
    private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)(?:, (\\w+))?}}");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss xxx", Locale.ROOT);
    static final Catalogue ENGLISH = new Catalogue("phrases.properties", "; ");

    /** Read only where Chinese is needed: never by a client or a command. */
    static final class Chinese {
        static final Catalogue TEXTS = new Catalogue("phrases_zh.properties", "；");

        private Chinese() {}
    }

    private final Properties templates;
    private final String separator;

    /** @param separator between the phrases of a list */
    private Catalogue(String file, String separator) {
        this.templates = read(file);
        this.separator = separator;
    }

    private static Properties read(String file) {
        Properties templates = new Properties();
        try (InputStream in = Catalogue.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("the file with the texts is missing in this build");
            }
            templates.load(new InputStreamReader(in, StandardCharsets.UTF_8));
            return templates;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean knows(String code) {
        return templates.containsKey(code);
    }

    /** The formats of the parameters that the template of this code has, by their names; empty for those that have none. */
    Map<String, String> places(String code) {
        Map<String, String> formats = new HashMap<>();
        for (String key : new String[] {code, code + "_one"}) {
            PLACE.matcher(templates.getProperty(key, ""))
                    .results()
                    .forEach(place -> formats.put(place.group(1), Objects.requireNonNullElse(place.group(2), "")));
        }
        return formats;
    }

    /**
     * A code that this release does not know is its own text.
     *
     * @param zone whose clock shows points in time; null for ISO 8601 in UTC, and days of the appliance's zone
     */
    String text(Phrase phrase, @Nullable ZoneId zone) {
        String template = template(phrase);
        if (template == null) {
            return phrase.code();
        }
        return PLACE.matcher(template)
                .replaceAll(place -> Matcher.quoteReplacement(
                        shown(phrase.args().get(place.group(1)), place.group(2), place.group(), zone)));
    }

    private @Nullable String template(Phrase phrase) {
        @Nullable
        String singular = Long.valueOf(1).equals(phrase.args().get("count"))
                ? templates.getProperty(phrase.code() + "_one")
                : null;
        return singular == null ? templates.getProperty(phrase.code()) : singular;
    }

    private String shown(@Nullable Object value, @Nullable String format, String place, @Nullable ZoneId zone) {
        return switch (value) {
            case null -> place;
            case Long bytes when "bytes".equals(format) -> ByteText.of(bytes);
            case String at
            when "day".equals(format) ->
                Instant.parse(at)
                        .atZone(Objects.requireNonNullElseGet(zone, ZoneId::systemDefault))
                        .toLocalDate()
                        .toString();
            case String at
            when "time".equals(format) && zone != null ->
                TIME.format(Instant.parse(at).atZone(zone));
            case Phrase nested -> text(nested, zone);
            case List<?> several ->
                several.stream().map(each -> shown(each, null, place, zone)).collect(Collectors.joining(separator));
            default -> value.toString();
        };
    }
}
