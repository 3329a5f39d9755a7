{
    "name": "AR Collections: Job Queue",
    "summary": "Delivers dunning notices as jobs, on several nodes at once",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "ar_collections contributors",
    "license": "LGPL-3",
    "depends": ["ar_collections", "queue_job"],
    "data": ["data/queue_job_data.xml"],
}
