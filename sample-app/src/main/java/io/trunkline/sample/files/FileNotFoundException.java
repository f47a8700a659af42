package io.trunkline.sample.files;

import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/**
 * Thrown when there is no file with the given number.
 */
@SuppressWarnings("serial")
class FileNotFoundException extends ResponseStatusException {

	FileNotFoundException(long id) {
		super(HttpStatus.NOT_FOUND, "There is no file " + id);
	}

}
