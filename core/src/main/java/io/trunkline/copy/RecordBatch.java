package io.trunkline.copy;

import java.util.List;

/**
 * Whole records of a source.
 *
 * @param number counts the batches from 0
 * @param frames the data
 * @param firstRecord the number of the first record in the source, from 1 and without the
 * header line
 * @param records how many records there are, without the header line
 * @param linesBefore how many lines of the source came before
 * @param last whether the source ends with it
 */
record RecordBatch(long number, List<Chunk> frames, long firstRecord, long records, long linesBefore, boolean last) {
}
