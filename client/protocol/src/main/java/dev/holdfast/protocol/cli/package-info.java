/** What both command lines share: exit codes, options, how sizes are written, and commands that messages tell people to run. */
package dev.holdfast.protocol.cli;
