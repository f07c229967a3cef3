package dev.holdfast.control.limit;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Checks records against the limits that they declare. */
public final class Bounds {
    private Bounds() {}

    /** @throws IllegalArgumentException naming the field, its limit and what it has */
    public static void check(Record record) {
        check(record, "");
    }

    private static void check(Record record, String path) {
        for (RecordComponent each : record.getClass().getRecordComponents()) {
            Field field = field(record.getClass(), each.getName());
            String name = path.isEmpty() ? each.getName() : path + "." + each.getName();
            check(value(record, field), name, characters(field), items(field));
        }
    }

    private static void check(@Nullable Object value, String name, int characters, int items) {
        switch (value) {
            case String text -> {
                if (text.length() > characters) {
                    throw new PhrasedArgumentException(Phrase.of("field.characters")
                            .with("field", name)
                            .with("characters", text.length())
                            .with("most", characters));
                }
                if (text.indexOf('\0') >= 0) {
                    throw new PhrasedArgumentException(Phrase.of("field.nul").with("field", name));
                }
            }
            case Collection<?> list -> {
                require(list.size(), name, items);
                for (Object each : list) {
                    if (each == null) {
                        throw new PhrasedArgumentException(
                                Phrase.of("field.null").with("field", name));
                    }
                    check(each, name, characters, items);
                }
            }
            case Map<?, ?> map -> {
                require(map.size(), name, items);
                map.forEach((key, each) -> {
                    check(key, name, characters, items);
                    check(each, name, characters, items);
                });
            }
            case Record record -> check(record, name);
            case null, default -> {}
        }
    }

    private static void require(int size, String name, int items) {
        if (size > items) {
            throw new PhrasedArgumentException(Phrase.of("field.items")
                    .with("field", name)
                    .with("items", size)
                    .with("most", items));
        }
    }

    /** Most UTF-16 units of a field's texts. */
    public static int characters(Field field) {
        Bound bound = field.getAnnotation(Bound.class);
        return bound == null ? Bound.DEFAULT_CHARACTERS : bound.characters();
    }

    /** Most items of a field's list or map. */
    public static int items(Field field) {
        Bound bound = field.getAnnotation(Bound.class);
        return bound == null ? Bound.DEFAULT_ITEMS : bound.items();
    }

    private static Field field(Class<?> type, String name) {
        try {
            return type.getDeclaredField(name);
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException("a record has a field for each component", e);
        }
    }

    private static @Nullable Object value(Record record, Field field) {
        try {
            field.setAccessible(true);
            return field.get(record);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
