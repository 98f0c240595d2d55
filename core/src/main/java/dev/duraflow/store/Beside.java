package dev.duraflow.store;

/** Where a large payload lies: beside the journal, under the name of its content's hash. */
@SuppressWarnings("ArrayRecordComponent") // written once, compared by nobody
record Beside(long size, byte[] sha256) {}
