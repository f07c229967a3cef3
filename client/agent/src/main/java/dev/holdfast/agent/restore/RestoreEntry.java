package dev.holdfast.agent.restore;

import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;

/**
 * An entry of the snapshot on its way to the target.
 *
 * @param source where the snapshot has it, or its content where that is listed under another name
 * @param path where the target gets it
 */
record RestoreEntry(TreePath source, TreePath path, Node.Named node) {}
