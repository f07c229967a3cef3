/** How long texts and lists of requests may be: declared at the records that travel, checked and described in one place. */
@NullMarked
package dev.holdfast.server.limit;

import org.jspecify.annotations.NullMarked;
