/** How long texts and lists of requests may be: declared at the records that travel, checked and described in one place. */
@NullMarked
package dev.holdfast.control.limit;

import org.jspecify.annotations.NullMarked;
