/**
 * Reads snapshots without a client: lists and searches their trees, exports parts of them as archives, and works out what a
 * restore would read from where. Uses the store and what the control database knows of damage, and is called by the use cases.
 */
@NullMarked
package dev.holdfast.control.browse;

import org.jspecify.annotations.NullMarked;
