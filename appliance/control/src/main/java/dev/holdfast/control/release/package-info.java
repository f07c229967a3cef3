/**
 * The client's packages that the appliance offers: files in the data directory, each with the vendor's signature.
 *
 * <p>The appliance stores what it is given; clients decide what they install. Uses the store's files. Called by {@code plan},
 * which orders upgrades, by the use cases, and by the server, which sends packages.
 */
@NullMarked
package dev.holdfast.control.release;

import org.jspecify.annotations.NullMarked;
