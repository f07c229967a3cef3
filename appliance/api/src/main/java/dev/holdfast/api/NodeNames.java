package dev.holdfast.api;

import dev.holdfast.control.limit.Bound;
import java.util.List;

/** The nodes that something is bound to. */
record NodeNames(@Bound(characters = 255, items = 1000) List<String> nodes) {}
