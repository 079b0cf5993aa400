__version__: str

from .data import ImageSet as ImageSet
from .data import load_dataset as load_dataset
from .data import load_images as load_images
from .features import FeatureMatrix as FeatureMatrix
from .features import extract_features as extract_features
from .models import Encoder as Encoder
from .models import Generator as Generator
from .models import load_encoder as load_encoder
from .models import load_generator as load_generator
from .pipeline import Results as Results
from .pipeline import read_pipeline as read_pipeline
from .pipeline import run_pipeline as run_pipeline
from .probes import L2SVC as L2SVC
from .probes import NearestNeighborScorer as NearestNeighborScorer
from .probes import l2svm_path as l2svm_path
from .records import Record as Record
from .reporting import compare as compare
from .reporting import diff as diff
from .reporting import load_results as load_results
from .reporting import make_report as make_report
from .reporting import table as table
