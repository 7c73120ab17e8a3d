"""The PostgreSQL instance that MLflow keeps its runs in."""

from __future__ import annotations

from tradai_console.demo.cast import Cast
from tradai_console.demo.clients import Clients
from tradai_console.demo.world.network import Network


def build_database(aws: Clients, cast: Cast, network: Network) -> None:
    """`rds:CreateDBInstance` with its subnet group; Multi-AZ in prod only."""
    rds, name = aws("rds"), cast.platform.database
    subnet_group = f"tradai-{cast.env}-db-subnet"
    rds.create_db_subnet_group(
        DBSubnetGroupName=subnet_group,
        DBSubnetGroupDescription="database tier",
        SubnetIds=[network.subnets["database-a"], network.subnets["database-b"]],
    )
    multi_az = cast.env == "prod"
    place = {} if multi_az else {"AvailabilityZone": f"{cast.region}a"}
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        EngineVersion="15.13",
        DBName="mlflow",
        MasterUsername="mlflow",
        MasterUserPassword="not-a-real-password",
        AllocatedStorage=20,
        StorageType="gp3",
        StorageEncrypted=True,
        MultiAZ=multi_az,
        BackupRetentionPeriod=7,
        DBSubnetGroupName=subnet_group,
        VpcSecurityGroupIds=[network.groups["rds"]],
        CopyTagsToSnapshot=True,
        Tags=[{"Key": "Environment", "Value": cast.env}],
        **place,
    )
