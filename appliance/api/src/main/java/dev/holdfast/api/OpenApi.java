package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.victools.jsonschema.generator.Option;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaVersion;
import dev.holdfast.control.calendar.Hours;
import dev.holdfast.control.limit.Bounds;
import dev.holdfast.control.usecase.SignIn;
import dev.holdfast.control.usecase.UseCases;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The table of routes as OpenAPI 3.1, whose schemas are JSON Schema 2020-12, made from the records that travel. */
final class OpenApi {
    private static final Pattern PARAMETER = Pattern.compile("\\{([a-z]+)\\}");

    private OpenApi() {}

    static byte[] describe(List<Route> routes) throws IOException {
        SchemaGenerator answers = new SchemaGenerator(config().build());
        SchemaGeneratorConfigBuilder limited = config();
        limited.forFields()
                .withRequiredCheck(field -> !isNullable(field.getRawMember()) && !mayBeLeftOut(field.getRawMember()))
                .withStringMaxLengthResolver(field -> field.getType().getErasedType() == String.class
                        ? Bounds.characters(field.getRawMember())
                        : null)
                .withArrayMaxItemsResolver(
                        field -> field.isContainerType() ? Bounds.items(field.getRawMember()) : null);
        return describe(routes, new SchemaGenerator(limited.build()), answers);
    }

    private static SchemaGeneratorConfigBuilder config() {
        SchemaGeneratorConfigBuilder config = new SchemaGeneratorConfigBuilder(
                        SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
                .without(Option.SCHEMA_VERSION_INDICATOR)
                .with(Option.INLINE_ALL_SCHEMAS)
                .with(Option.MAP_VALUES_AS_ADDITIONAL_PROPERTIES);
        config.forFields()
                .withRequiredCheck(field -> !isNullable(field.getRawMember()))
                .withNullableCheck(field -> isNullable(field.getRawMember()))
                // Written as the text that people write.
                .withTargetTypeOverridesResolver(field -> field.getType().getErasedType() == Hours.class
                        ? List.of(field.getContext().resolve(String.class))
                        : null);
        return config;
    }

    private static byte[] describe(List<Route> routes, SchemaGenerator bodies, SchemaGenerator answers)
            throws IOException {
        ObjectNode root = Call.JSON.createObjectNode();
        root.put("openapi", "3.1.0");
        ObjectNode info = root.putObject("info");
        info.put("title", "Holdfast appliance");
        info.put("version", "1");
        info.put(
                "description",
                "Times are ISO 8601 in UTC with milliseconds, null for never; times in requests may have any offset. Sizes are"
                        + " bytes, durations numbers with their unit in the name. Errors are application/problem+json. Lists take limit, and give"
                        + " what to ask the next part with. A browser sends X-CSRF-Token with whatever changes anything; a program"
                        + " sends Authorization: Bearer. A POST with an Idempotency-Key is done once.");
        root.putArray("servers").addObject().put("url", ApiServer.ROOT);
        ObjectNode paths = root.putObject("paths");
        for (Route route : routes) {
            ObjectNode path =
                    paths.withObject("/" + route.path().replace("~", "~0").replace("/", "~1"));
            operation(path.putObject(route.method().name().toLowerCase(Locale.ROOT)), route, bodies, answers);
        }
        ObjectNode security = root.putObject("components").putObject("securitySchemes");
        security.putObject("token").put("type", "http").put("scheme", "bearer");
        security.putObject("session").put("type", "apiKey").put("in", "cookie").put("name", "__Host-holdfast");
        return Call.JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    }

    private static boolean isNullable(Field field) {
        return field.getAnnotatedType().isAnnotationPresent(Nullable.class);
    }

    /** In a body: what is missing counts as nothing. */
    private static boolean mayBeLeftOut(Field field) {
        JsonSetter setter = field.getAnnotation(JsonSetter.class);
        return setter != null && setter.nulls() == Nulls.AS_EMPTY;
    }

    @SuppressWarnings("NullAway") // No route is run.
    static final UseCases NONE = new UseCases(
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            Optional.empty());

    @SuppressWarnings("NullAway") // No route is run.
    static final SignIn NOBODY = new SignIn(null, null, null, null);

    /** Writes the description to a file, for the build: {@code OpenApi FILE}. */
    @SuppressWarnings("NullAway") // No route is run.
    public static void main(String[] arguments) throws IOException {
        Files.write(Path.of(arguments[0]), describe(Routes.all(NONE, NOBODY, null, null, null)));
    }

    private static void operation(ObjectNode operation, Route route, SchemaGenerator bodies, SchemaGenerator answers) {
        operation.put("summary", route.summary());
        if (route.permission() != null) {
            operation.put("x-permission", route.permission().name());
        }
        if (route.guard() == Route.Guard.PROOF) {
            operation.put("x-proof", true);
        }
        ArrayNode security = operation.putArray("security");
        if (route.guard() != Route.Guard.OPEN && route.guard() != Route.Guard.RETURNING) {
            security.addObject().putArray("token");
            security.addObject().putArray("session");
        }
        Matcher names = PARAMETER.matcher(route.path());
        while (names.find()) {
            ObjectNode parameter = operation.withArray("parameters").addObject();
            parameter.put("name", names.group(1)).put("in", "path").put("required", true);
            parameter.putObject("schema").put("type", "string");
        }
        for (Route.Query query : route.queries()) {
            ObjectNode parameter = operation.withArray("parameters").addObject();
            parameter.put("name", query.name()).put("in", "query");
            ObjectNode schema =
                    parameter.putObject("schema").put("type", "string").put("maxLength", Call.MOST_QUERY_CHARACTERS);
            if (query.moment()) {
                schema.put("format", "date-time");
            }
        }
        if (route.body() != Void.class) {
            operation.put("x-body-bytes", route.bodyBytes());
            operation
                    .putObject("requestBody")
                    .put("required", !Route.isOptional(route.body()))
                    .putObject("content")
                    .putObject("application/json")
                    .set("schema", bodies.generateSchema(route.body()));
        }
        ObjectNode responses = operation.putObject("responses");
        if (route.answer() == Void.class) {
            responses.putObject("204").put("description", "done");
        } else {
            responses
                    .putObject("200")
                    .put("description", "done")
                    .putObject("content")
                    .putObject("application/json")
                    .set("schema", answers.generateSchema(route.answer()));
        }
        responses
                .putObject("default")
                .put("description", "a problem")
                .putObject("content")
                .putObject("application/problem+json");
    }
}
