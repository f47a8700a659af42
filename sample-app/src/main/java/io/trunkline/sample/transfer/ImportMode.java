package io.trunkline.sample.transfer;

import java.util.List;

import io.trunkline.copy.Merge;

/**
 * What to do with rows whose key is there already.
 */
enum ImportMode {

	/** Refuse them. */
	APPEND {
		@Override
		Merge merge(List<String> key) {
			return Merge.insert();
		}
	},

	/** Change what is there. */
	UPSERT {
		@Override
		Merge merge(List<String> key) {
			return Merge.update(key.toArray(String[]::new));
		}
	},

	/** Leave what is there. */
	IGNORE {
		@Override
		Merge merge(List<String> key) {
			return Merge.ignore(key.toArray(String[]::new));
		}
	};

	abstract Merge merge(List<String> key);

}
