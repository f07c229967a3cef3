package dev.holdfast.control.limit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * How much a component of a record that is sent to the appliance may hold. Components without it have the defaults. The API's
 * description shows it as maxLength and maxItems.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface Bound {
    int DEFAULT_CHARACTERS = 1000;
    int DEFAULT_ITEMS = 1000;

    /** UTF-16 units of a text, or of each text in a list; of keys too, in a map. */
    int characters() default DEFAULT_CHARACTERS;

    /** Of a list or a map. */
    int items() default DEFAULT_ITEMS;
}
