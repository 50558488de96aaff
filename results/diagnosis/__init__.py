"""What a design will find before anybody is written to: figures over many simulated rounds. Pure."""

from results.diagnosis.advice import advice
from results.diagnosis.answers import Answers, Sample, answers_of
from results.diagnosis.figures import Diagnosis, Share, Spread, diagnose

__all__ = ["Answers", "Diagnosis", "Sample", "Share", "Spread", "advice", "answers_of", "diagnose"]
