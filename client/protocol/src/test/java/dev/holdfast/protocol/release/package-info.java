/** Tests of the vendor's signatures, and a vendor for tests of other modules. */
@NullMarked
package dev.holdfast.protocol.release;

import org.jspecify.annotations.NullMarked;
