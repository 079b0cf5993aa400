"""From records to rows: experiments, rows with intervals, trainings, errors of rows, pairs."""
