package io.trunkline.sample.transfer;

/**
 * What a bad row does to an import.
 */
enum OnError {

	/** It stops the import, and nothing is imported. */
	STOP,

	/** It is left out, and told of in the report. */
	REJECT

}
