/** JSON objects of names and plain values, without the classes of data binding: an idle service would keep them in memory. */
@NullMarked
package dev.holdfast.agent.json;

import org.jspecify.annotations.NullMarked;
