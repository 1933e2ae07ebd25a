/** Nothing is exported yet. */
